# The tutorial's commands, run on this kernel and held against the output the lessons show.
if(TARGET bpfline)
    add_test(NAME tutorial
        COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/kernel/tutorial/run.py $<TARGET_FILE:bpfline>)
    # Times are among what the lessons show: nothing else should run beside them.
    set_tests_properties(tutorial PROPERTIES LABELS kernel TIMEOUT 600 RUN_SERIAL ON)
endif()
