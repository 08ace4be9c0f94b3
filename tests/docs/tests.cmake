# The documents are held to what the program does.
add_executable(run_documents docs/run_documents.c)
set(documents ${CMAKE_CURRENT_SOURCE_DIR}/docs)
add_test(NAME docs/what_is_shown_is_what_comes_out COMMAND run_documents / ${documents}/right.md)
add_test(NAME docs/what_is_wrong_is_found COMMAND run_documents / ${documents}/wrong.md)
set_tests_properties(docs/what_is_wrong_is_found PROPERTIES PASS_REGULAR_EXPRESSION
                     "nothing.md leads nowhere.*shows something else.*exit status 3, not 0.*exit status 0, not 3.*shows something else.*no folder nowhere.*6 of 5")

# Every page: its commands find the program, and its C programs the library, as built here.
if(TARGET idem AND TARGET libidem_shared)
  set(sanitize "")
  if(IDEM_SANITIZE)
    set(sanitize "-fsanitize=address,undefined")
  endif()
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/pkgconfig/idem.pc CONTENT
"Name: idem
Description: as built
Version: ${PROJECT_VERSION}
Cflags: -I${PROJECT_SOURCE_DIR} ${sanitize}
Libs: -L$<TARGET_FILE_DIR:libidem_shared> -lidem -Wl,-rpath,$<TARGET_FILE_DIR:libidem_shared> ${sanitize}
")
  file(GLOB pages RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/*.md ${PROJECT_SOURCE_DIR}/docs/*.md
       ${PROJECT_SOURCE_DIR}/docs/decisions/*.md)
  foreach(page ${pages})
    add_test(NAME docs/${page} COMMAND run_documents $<TARGET_FILE_DIR:idem>:${documents}/bin ${PROJECT_SOURCE_DIR}/${page})
    set_tests_properties(docs/${page} PROPERTIES ENVIRONMENT PKG_CONFIG_PATH=${PROJECT_BINARY_DIR}/pkgconfig)
  endforeach()
endif()

# Every configuration that a page shows can be read.
if(TARGET idem_rules)
  add_executable(check_configurations docs/check_configurations.c)
  target_link_libraries(check_configurations PRIVATE idem_rules)
  idem_link_objects(check_configurations rules)
  add_test(NAME docs/every_configuration_shown_can_be_read
           COMMAND check_configurations README.md docs/matching.md docs/tutorial.md docs/recipes.md docs/library.md
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  add_test(NAME docs/a_wrong_configuration_is_found COMMAND check_configurations ${documents}/wrong.md)
  set_tests_properties(docs/a_wrong_configuration_is_found PROPERTIES WILL_FAIL TRUE)
endif()
