# cmake --install: the program, its man page and its bash completion, the last two printed from the option table.
include(GNUInstallDirs)

# The table and its printers alone, so that the generator does not wait for the compiler to be built.
add_executable(gen_cli_docs src/cli/gen_cli_docs.cpp src/cli/help.cpp src/cli/options.cpp)
bpfline_use_pch(gen_cli_docs)
target_include_directories(gen_cli_docs PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_link_libraries(gen_cli_docs PRIVATE bpfline_base bpfline::fmt bpfline_warnings)

add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/bpfline.8 ${CMAKE_BINARY_DIR}/bpfline.bash
    COMMAND gen_cli_docs man > ${CMAKE_BINARY_DIR}/bpfline.8
    COMMAND gen_cli_docs completion > ${CMAKE_BINARY_DIR}/bpfline.bash
    DEPENDS gen_cli_docs
    COMMENT "man page and bash completion" VERBATIM)
add_custom_target(cli_docs ALL DEPENDS ${CMAKE_BINARY_DIR}/bpfline.8 ${CMAKE_BINARY_DIR}/bpfline.bash)
# `./dev build` builds only the program; an install right after it must find these.
add_dependencies(bpfline cli_docs)

install(TARGETS bpfline RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CMAKE_BINARY_DIR}/bpfline.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES ${CMAKE_BINARY_DIR}/bpfline.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME bpfline)
if(BPFLINE_BPFTRACE_ALIAS)
    install(CODE "
        set(bin \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
        file(CREATE_LINK bpfline \"\${bin}/bpftrace\" SYMBOLIC)
        message(STATUS \"Installing: \${bin}/bpftrace -> bpfline\")")
endif()
