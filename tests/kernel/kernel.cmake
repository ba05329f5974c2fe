# Scripts on the running kernel (label kernel, as root) and before the verifiers of older kernels in a guest (label guest).
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_package(Threads REQUIRED)

# What is traced: small programs that do one known thing.
file(GLOB kernel_targets CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/kernel/targets/*.c
    ${CMAKE_CURRENT_SOURCE_DIR}/kernel/targets/*.cpp)
foreach(source IN LISTS kernel_targets)
    get_filename_component(name ${source} NAME_WE)
    add_executable(target_${name} ${source})
    target_compile_options(target_${name} PRIVATE -O1 -Wall -Wextra)
    if(name MATCHES "^(uprobe|usdt)_")
        # Arguments and types are read out of their DWARF, which must be whole whatever the build type says.
        target_compile_options(target_${name} PRIVATE -O0 -g2)
    endif()
    target_link_libraries(target_${name} PRIVATE Threads::Threads)
    set_target_properties(target_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/targets)
endforeach()

target_link_libraries(target_uprobe_loads PRIVATE ${CMAKE_DL_LIBS})

target_compile_options(target_copied PRIVATE -O2 -g2)

# Types in units of their own, as DWARF 4 and 5 have them.
foreach(source IN ITEMS uprobe_shapes.cpp uprobe_args.c)
    foreach(version IN ITEMS 4 5)
        get_filename_component(name ${source} NAME_WE)
        string(APPEND name _types${version})
        add_executable(target_${name} ${CMAKE_CURRENT_SOURCE_DIR}/kernel/targets/${source})
        target_compile_options(target_${name} PRIVATE -O0 -g2 -gdwarf-${version} -fdebug-types-section)
        set_target_properties(target_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/targets)
    endforeach()
endforeach()

# The same program at fixed addresses, and a library to load at run time.
add_executable(target_uprobe_fixed ${CMAKE_CURRENT_SOURCE_DIR}/kernel/targets/uprobe_args.c)
target_compile_options(target_uprobe_fixed PRIVATE -O0 -g2 -fno-pie)
target_link_options(target_uprobe_fixed PRIVATE -no-pie)
set_target_properties(target_uprobe_fixed PROPERTIES OUTPUT_NAME uprobe_fixed RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/targets)
add_library(target_plugin SHARED ${CMAKE_CURRENT_SOURCE_DIR}/kernel/targets/libraries/plugin.c)
target_compile_options(target_plugin PRIVATE -O0 -g2)
set_target_properties(target_plugin PROPERTIES OUTPUT_NAME plugin LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/targets)

# Unit tests read their symbols and attach to them.
foreach(name IN ITEMS test_kernel test_probes)
    if(TARGET ${name})
        add_dependencies(${name} target_uprobe_args target_uprobe_shapes target_uprobe_shapes_types4
            target_uprobe_shapes_types5 target_usdt_forms)
    endif()
endforeach()

if(NOT TARGET bpfline)
    return()
endif()

set(kernel_tools ${CMAKE_CURRENT_SOURCE_DIR}/kernel)
set(kernel_places --binary $<TARGET_FILE:bpfline> --targets ${CMAKE_BINARY_DIR}/tests/targets --gen-docs $<TARGET_FILE:gen_docs>)

# bpfline_kernel_test(name script arguments...)
function(bpfline_kernel_test name script)
    add_test(NAME ${name} COMMAND Python3::Interpreter ${kernel_tools}/${script} ${kernel_places} ${ARGN})
    # Cases run two at a time inside; another test beside them would upset those that wait for timers.
    set_tests_properties(${name} PROPERTIES LABELS kernel TIMEOUT 600 RUN_SERIAL ON)
endfunction()

# Declarative cases: one entry a topic.
file(GLOB kernel_topics CONFIGURE_DEPENDS LIST_DIRECTORIES true ${kernel_tools}/cases/*)
foreach(topic IN LISTS kernel_topics ITEMS ${kernel_tools}/builtins ${kernel_tools}/probes)
    get_filename_component(name ${topic} NAME)
    if(IS_DIRECTORY ${topic})
        bpfline_kernel_test(kernel_${name} runner ${topic})
    endif()
endforeach()

bpfline_kernel_test(kernel_scenarios scenarios.py)
bpfline_kernel_test(kernel_machine machine.py)
bpfline_kernel_test(kernel_symbols symbols.py)
bpfline_kernel_test(kernel_accounts accounts.py)
bpfline_kernel_test(kernel_reference reference.py)
bpfline_kernel_test(kernel_differential differential.py)
bpfline_kernel_test(kernel_misspelling misspelling.py)
bpfline_kernel_test(kernel_formatting formatting.py)
bpfline_kernel_test(kernel_row_examples row_examples.py)
bpfline_kernel_test(kernel_script_examples script_examples.py)

# Everything above is also compiled for and loaded by the verifiers: of this kernel, and of 6.1 and 6.12 in a guest.
add_executable(load_scripts ${CMAKE_CURRENT_SOURCE_DIR}/kernel/load_scripts.cpp)
target_link_libraries(load_scripts PRIVATE bpfline_cli bpfline_driver bpfline_warnings)
target_include_directories(load_scripts PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
set_target_properties(load_scripts PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
set(kernel_loader --loader $<TARGET_FILE:load_scripts>)
bpfline_kernel_test(kernel_load load_cases.py ${kernel_loader})
# What the checker accepts no verifier refuses, also with the smallest and largest limits.
bpfline_kernel_test(kernel_load_short_texts load_cases.py ${kernel_loader} --set max_strlen=64)
bpfline_kernel_test(kernel_load_long_texts load_cases.py ${kernel_loader} --set max_strlen=16384)
bpfline_kernel_test(kernel_load_one_key load_cases.py ${kernel_loader} --set max_map_keys=1)
bpfline_kernel_test(kernel_stress stress.py ${kernel_loader})
bpfline_kernel_test(kernel_folding folding.py)
bpfline_kernel_test(kernel_models models.py)
bpfline_kernel_test(kernel_json_schema json_schema.py)
foreach(release IN ITEMS 6.1 6.12)
    add_test(NAME guest_${release}
        COMMAND Python3::Interpreter ${kernel_tools}/load_cases.py ${kernel_places} ${kernel_loader} --guest ${release})
    set_tests_properties(guest_${release} PROPERTIES LABELS guest TIMEOUT 900 RUN_SERIAL ON)
endforeach()
