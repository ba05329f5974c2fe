// Linked with every member of every runtime library and nothing of the compiler; see lint.cmake. That it links says
// that the runtime stands alone; runtime_without_llvm.py then looks at which shared libraries it asks for.

int main() {
    return 0;
}
