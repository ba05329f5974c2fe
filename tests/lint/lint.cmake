# Tests of the house itself: who includes whom, and that the runtime stands without the compiler.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME layers COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/lint/layers.py)
set_tests_properties(layers PROPERTIES LABELS lint)

set(runtime_folders base program kernel probes format engine live tracer)
add_executable(runtime_without_llvm lint/runtime_without_llvm.cpp)
set(archives)
foreach(folder IN LISTS runtime_folders)
    get_target_property(type bpfline_${folder} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
        list(APPEND archives $<TARGET_FILE:bpfline_${folder}>)
        add_dependencies(runtime_without_llvm bpfline_${folder})
    endif()
    target_link_libraries(runtime_without_llvm PRIVATE bpfline_${folder})
endforeach()
# As plain files and in one group: CMake allows a library to be linked whole or as usual, not both, and drops repeated options.
target_link_options(runtime_without_llvm PRIVATE LINKER:--whole-archive ${archives} LINKER:--no-whole-archive)
set_property(TARGET runtime_without_llvm PROPERTY LINK_DEPENDS ${archives})
target_link_libraries(runtime_without_llvm PRIVATE bpfline::fmt)
set_target_properties(runtime_without_llvm PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
add_test(NAME runtime_without_llvm
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/lint/runtime_without_llvm.py $<TARGET_FILE:runtime_without_llvm>)
set_tests_properties(runtime_without_llvm PROPERTIES LABELS lint)

# Every row of the tables has a case.
bpfline_test(table_coverage LABEL lint LINKS builtins probes format program ast source check codegen SOURCES lint/table_coverage_test.cpp)

# The printed pages of docs/ say what the tables say.
foreach(page IN ITEMS builtins probes diagnostics)
    add_test(NAME docs_${page}_fresh
        COMMAND sh -c "\"$<TARGET_FILE:gen_docs>\" ${page} | diff -u \"${CMAKE_SOURCE_DIR}/docs/${page}.md\" -")
    set_tests_properties(docs_${page}_fresh PROPERTIES LABELS lint)
endforeach()
