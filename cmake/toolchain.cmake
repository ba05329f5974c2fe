# Compiler and linker flags: what every target of ours gets. Warnings live in an INTERFACE library so that generated code can leave them out.

# lld links the shared build in 0.13 s (bfd: 0.77 s) and is the one that knows --icf=all.
find_program(BPFLINE_LLD NAMES ld.lld ld.lld-19 ld.lld-18 ld.lld-17 ld.lld-16 ld.lld-14)
if(BPFLINE_LLD)
    get_filename_component(lld_name ${BPFLINE_LLD} NAME)
    if(lld_name STREQUAL "ld.lld")
        add_link_options(-fuse-ld=lld)
        set(BPFLINE_HAS_LLD ON)
    elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        add_link_options(-fuse-ld=${BPFLINE_LLD})
        set(BPFLINE_HAS_LLD ON)
    endif()
endif()

find_program(BPFLINE_CCACHE ccache)
if(BPFLINE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # ccache refuses to cache users of a precompiled header unless told that its defines and times are harmless.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${BPFLINE_CCACHE})
endif()

add_library(bpfline_warnings INTERFACE)
# -Wswitch (in -Wall) is an error: a switch without default names every enumerator. -Wswitch-enum is left out because it would
# also forbid an honest default.
target_compile_options(bpfline_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror=switch)
if(BPFLINE_WERROR)
    target_compile_options(bpfline_warnings INTERFACE -Werror)
endif()

if(BPFLINE_SANITIZE)
    add_compile_options(-fsanitize=${BPFLINE_SANITIZE} -fno-sanitize-recover=undefined)
    add_link_options(-fsanitize=${BPFLINE_SANITIZE})
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Needed by ccache to look through a precompiled header.
    add_compile_options(-fpch-preprocess)
endif()

if(BPFLINE_STATIC AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 raises false alarms in the standard library once it inlines; dev, where warnings are errors, keeps them all.
    add_compile_options(-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict
                        -Wno-maybe-uninitialized)
endif()

if(BPFLINE_STATIC)
    # Start-up and memory: see docs/performance.md. Non-PIE saves the relocations of LLVM's tables, ICF about 1.6 MB of them.
    set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
    add_compile_options(-fno-pie -ffunction-sections -fdata-sections)
    add_link_options(-no-pie -static-libstdc++ -static-libgcc -Wl,--gc-sections -Wl,--as-needed)
    if(BPFLINE_HAS_LLD)
        add_link_options(-Wl,--icf=all)
    endif()
endif()

# bpfline_order_functions(target): lays out what scripts execute together (tests/bench/order.py made the list), so that a run touches few
# pages of the program. Names the linker does not know are passed over: the list need not be fresh to be of use.
function(bpfline_order_functions target)
    set(order ${CMAKE_SOURCE_DIR}/cmake/release.order)
    if(BPFLINE_STATIC AND BPFLINE_HAS_LLD AND EXISTS ${order})
        target_link_options(${target} PRIVATE -Wl,--symbol-ordering-file=${order} -Wl,--no-warn-symbol-ordering)
        set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${order})
    endif()
endfunction()
