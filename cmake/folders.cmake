# bpfline_folder(path LINKS folder... LIBRARIES lib... PRIVATE_LIBRARIES lib... EXCEPT file... GRAMMAR):
# the static library bpfline_<last part of path> out of the folder's .cpp files.

if(BPFLINE_PCH)
    # One precompiled header for all folders; what it holds may not be relied upon (preset nopch proves it).
    file(WRITE ${CMAKE_BINARY_DIR}/generated/pch_std.cpp "// carries the precompiled header\n")
    add_library(bpfline_pch_std OBJECT ${CMAKE_BINARY_DIR}/generated/pch_std.cpp)
    # The same warnings as its users: -Wpedantic changes predefined macros, and gcc then rejects the precompiled header.
    target_link_libraries(bpfline_pch_std PRIVATE bpfline_warnings)
    target_precompile_headers(bpfline_pch_std PRIVATE
        <algorithm> <array> <cstdint> <cstring> <functional> <map> <memory> <optional> <set> <span> <string> <string_view>
        <unordered_map> <utility> <variant> <vector>)
endif()

function(bpfline_use_pch target)
    if(BPFLINE_PCH)
        target_precompile_headers(${target} REUSE_FROM bpfline_pch_std)
    endif()
endfunction()

function(bpfline_folder path)
    cmake_parse_arguments(arg "GRAMMAR" "" "LINKS;LIBRARIES;PRIVATE_LIBRARIES;EXCEPT" ${ARGN})
    get_filename_component(name ${path} NAME)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${path}/*.cpp)
    foreach(file IN LISTS arg_EXCEPT)
        list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${path}/${file})
    endforeach()
    set(generated)
    if(arg_GRAMMAR)
        bpfline_grammar_sources(generated)
    endif()

    list(TRANSFORM arg_LINKS PREPEND bpfline_)
    if(sources OR generated)
        add_library(bpfline_${name} STATIC ${sources} ${generated})
        target_include_directories(bpfline_${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
        target_link_libraries(bpfline_${name}
            PUBLIC ${arg_LINKS} ${arg_LIBRARIES}
            PRIVATE bpfline::fmt ${arg_PRIVATE_LIBRARIES} $<BUILD_INTERFACE:bpfline_warnings>)
        bpfline_use_pch(bpfline_${name})
        if(generated)
            # Bison's and flex's output is not ours to polish.
            set_source_files_properties(${generated} PROPERTIES COMPILE_OPTIONS "-w" SKIP_LINTING ON)
        endif()
    else()
        add_library(bpfline_${name} INTERFACE)
        target_include_directories(bpfline_${name} INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
        target_link_libraries(bpfline_${name} INTERFACE ${arg_LINKS} ${arg_LIBRARIES})
    endif()
endfunction()

# grammar/parser.yy → grammar/parser.{cpp,hpp}, grammar/lexer.l → grammar/lexer.{cpp,hpp}, below the build tree's generated/,
# so that `#include "grammar/parser.hpp"` reads like any other of ours.
function(bpfline_grammar_sources result)
    set(in ${CMAKE_SOURCE_DIR}/grammar)
    set(out ${CMAKE_BINARY_DIR}/generated/grammar)
    file(MAKE_DIRECTORY ${out})
    set(files)
    file(GLOB grammar_inputs CONFIGURE_DEPENDS ${in}/parser.yy ${in}/lexer.l)
    if(${in}/parser.yy IN_LIST grammar_inputs)
        find_program(BPFLINE_BISON bison REQUIRED)
        # A conflict or a useless rule is a design question: warnings are errors.
        add_custom_command(
            OUTPUT ${out}/parser.cpp ${out}/parser.hpp
            COMMAND ${BPFLINE_BISON} -Werror --header=${out}/parser.hpp --output=${out}/parser.cpp ${in}/parser.yy
            DEPENDS ${in}/parser.yy
            COMMENT "bison grammar/parser.yy" VERBATIM)
        list(APPEND files ${out}/parser.cpp)
    endif()
    if(${in}/lexer.l IN_LIST grammar_inputs)
        find_program(BPFLINE_FLEX flex REQUIRED)
        add_custom_command(
            OUTPUT ${out}/lexer.cpp ${out}/lexer.hpp
            COMMAND ${BPFLINE_FLEX} --header-file=${out}/lexer.hpp --outfile=${out}/lexer.cpp ${in}/lexer.l
            DEPENDS ${in}/lexer.l
            COMMENT "flex grammar/lexer.l" VERBATIM)
        list(APPEND files ${out}/lexer.cpp)
    endif()
    set(${result} ${files} PARENT_SCOPE)
endfunction()
