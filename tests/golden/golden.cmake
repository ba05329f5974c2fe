# Golden tests: golden/<suite>/**.bt are the cases (tests/support/golden.h says how they look), golden/<suite>_golden.cpp says how
# text is made from a script, golden_links_<suite> which folders that takes.
set(golden_links_parse grammar)
set(golden_links_format grammar)
set(golden_links_errors grammar check builtins driver)
set(golden_links_typed grammar check builtins)
set(golden_links_program grammar check builtins codegen)
set(golden_links_ir grammar check builtins codegen)

file(GLOB golden_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/golden/*_golden.cpp)
foreach(source IN LISTS golden_sources)
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE "_golden" "" suite ${name})
    bpfline_test(golden_${suite} LABEL golden LINKS ${golden_links_${suite}} SOURCES ${source})
endforeach()
