# `gopls-bridge install` and `uninstall`: a library of their own, linked behind what a session uses.
# The units that they write are the files in systemd/, carried in the executable.
set(unit_texts "")
file(GLOB unit_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/systemd/*.in")
foreach(file IN LISTS unit_files)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" text)
  get_filename_component(name "${file}" NAME)
  string(REGEX REPLACE "\\.in$" "" name "${name}")
  string(APPEND unit_texts "      {\"${name}\", R\"unit(${text})unit\"},\n")
endforeach()
configure_file(unit_texts.cpp.in "${CMAKE_CURRENT_BINARY_DIR}/generated/unit_texts.cpp" @ONLY)

add_library(bridge_install STATIC
  daemon_stop.cpp
  install_command.cpp
  install_files.cpp
  install_places.cpp
  install_program.cpp
  install_report.cpp
  install_units.cpp
  jsonc.cpp
  jsonc_edit.cpp
  systemctl.cpp
  uninstall_command.cpp
  vscode_settings.cpp
  "${CMAKE_CURRENT_BINARY_DIR}/generated/unit_texts.cpp")
target_link_libraries(bridge_install PUBLIC bridge_cli bridge_server bridge_lease)
target_link_libraries(bridge_install PRIVATE bridge_small)
