# Fuzz targets, one per fuzz/*_fuzz.cpp, each a libFuzzer entry. With preset fuzz (clang) an executable that searches:
#   build/fuzz/fuzz/parse_fuzz tests/fuzz/corpus/parse
# and everywhere a test that replays the corpus and 20,000 random changes of it, with the compiler of the day.
# fuzz_links_<name> says which folders a target takes (those of runtime/format are the default), fuzz_seeds_<name> where its inputs
# begin, beside corpus/<name>.
set(fuzz_links_parse grammar)
set(fuzz_links_compile driver)
set(fuzz_links_cdef cdef types source kernel program base)
set(fuzz_links_btf types source kernel program base)
set(fuzz_links_record tracer format engine kernel program base)
set(fuzz_links_elf types kernel program base)
set(fuzz_seeds_parse ${CMAKE_SOURCE_DIR}/examples ${CMAKE_CURRENT_SOURCE_DIR}/kernel/cases)
set(fuzz_seeds_compile ${CMAKE_SOURCE_DIR}/examples ${CMAKE_CURRENT_SOURCE_DIR}/kernel/cases)
set(fuzz_seeds_format ${CMAKE_CURRENT_SOURCE_DIR}/data/format)
# Real programs, with symbols, static probes and debug information.
set(fuzz_seeds_elf ${CMAKE_BINARY_DIR}/tests/targets)

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
foreach(source IN LISTS fuzz_sources)
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE "_fuzz" "" short ${name})
    set(folders format kernel program base)
    if(DEFINED fuzz_links_${short})
        set(folders ${fuzz_links_${short}})
    endif()
    set(runs 20000)
    if(short STREQUAL "btf")
        set(runs 5000)  # every type of an input is printed as C, which takes its time
    endif()
    list(TRANSFORM folders PREPEND bpfline_)
    set(executables ${name}_replay)
    add_executable(${name}_replay ${source} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/replay.cpp)
    if(BPFLINE_FUZZ)
        add_executable(${name} ${source})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        list(APPEND executables ${name})
    endif()
    foreach(executable IN LISTS executables)
        target_include_directories(${executable} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
        target_link_libraries(${executable} PRIVATE stdc++ bpfline_test_support ${folders} bpfline::fmt bpfline_warnings)
        set_target_properties(${executable} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    endforeach()
    add_test(NAME fuzz_${short}
        COMMAND ${name}_replay -runs=${runs} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${short} ${fuzz_seeds_${short}}
        WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    set_tests_properties(fuzz_${short} PROPERTIES LABELS fuzz TIMEOUT 300)
endforeach()
