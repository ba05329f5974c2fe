// A library that programs load at run time. Built with debug information and without optimisation; plugin_sum touches
// nothing but its arguments, so that it also runs where somebody maps a page of it by hand.
__attribute__((noinline)) int plugin_sum(int a, int b) {
    return a + b;
}

int plugin_call(int (*back)(int), int value) {
    volatile int result = back(value);
    return plugin_sum(result, 1);
}
