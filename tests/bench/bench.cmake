# What `./dev bench` needs built: the program, the generator of events, and the one that measures.
add_executable(bench_measure EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/bench/measure.c)
target_compile_options(bench_measure PRIVATE -O2 -Wall -Wextra)
set_target_properties(bench_measure PROPERTIES OUTPUT_NAME measure RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
add_executable(bench_functions EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/bench/functions.c)
target_compile_options(bench_functions PRIVATE -O1)
set_target_properties(bench_functions PROPERTIES OUTPUT_NAME functions RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
# The same bodies in C, for comparison; left out where there is no clang.
find_program(BPFLINE_CLANG NAMES clang-19 clang-20 clang-18 clang-17 clang-16 clang)
if(BPFLINE_CLANG)
    set(by_hand_object ${CMAKE_BINARY_DIR}/bench/by_hand.bpf.o)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    add_custom_command(
        OUTPUT ${by_hand_object}
        COMMAND ${BPFLINE_CLANG} -O2 -g -target bpf -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
                -c ${CMAKE_CURRENT_SOURCE_DIR}/bench/by_hand.bpf.c -o ${by_hand_object}
        DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bench/by_hand.bpf.c
        COMMENT "bench: bodies by hand" VERBATIM)
    add_custom_target(bench_by_hand_code DEPENDS ${by_hand_object})
    add_executable(bench_by_hand EXCLUDE_FROM_ALL ${CMAKE_CURRENT_SOURCE_DIR}/bench/by_hand.c)
    target_link_libraries(bench_by_hand PRIVATE bpfline::libbpf)
    set_target_properties(bench_by_hand PROPERTIES OUTPUT_NAME by_hand RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
    add_dependencies(bench_by_hand bench_by_hand_code)
endif()
if(TARGET bpfline)
    add_custom_target(bench_programs)
    # By name: the traced programs are defined after this file is read.
    add_dependencies(bench_programs bpfline bench_measure bench_functions target_calls target_tcp_once)
    if(TARGET bench_by_hand)
        add_dependencies(bench_programs bench_by_hand)
    endif()
endif()
