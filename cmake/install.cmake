# cmake --install: the program; its man page and completion come from the option table (added with the generator).
include(GNUInstallDirs)
install(TARGETS bpfline RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
