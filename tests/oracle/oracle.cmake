# The corpus of expected results, where it lies beside the checkout. Needs root: it traces.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

if(TARGET bpfline)
    add_test(NAME oracle COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/oracle/share.py
        ${CMAKE_SOURCE_DIR}/build/release/bpfline $<TARGET_FILE:bpfline>)
    set_tests_properties(oracle PROPERTIES LABELS oracle SKIP_RETURN_CODE 77 TIMEOUT 1800 RUN_SERIAL ON)
endif()
