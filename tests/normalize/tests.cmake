idem_test(normalize test_values)
idem_test(normalize test_golden)
target_compile_definitions(test_golden PRIVATE GOLDEN_FOLDER="${CMAKE_CURRENT_SOURCE_DIR}/normalize/golden")

# Telephone numbers are held against libphonenumber where it is installed.
find_path(PHONENUMBER_INCLUDE phonenumbers/phonenumberutil.h)
find_library(PHONENUMBER_LIBRARY phonenumber)
find_library(PROTOBUF_LIBRARY protobuf)
if(PHONENUMBER_INCLUDE AND PHONENUMBER_LIBRARY AND PROTOBUF_LIBRARY)
  idem_test(normalize test_phone)
  target_sources(test_phone PRIVATE normalize/phone_oracle.cc)
  target_include_directories(test_phone PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} SYSTEM ${PHONENUMBER_INCLUDE})
  target_link_libraries(test_phone PRIVATE ${PHONENUMBER_LIBRARY} ${PROTOBUF_LIBRARY})
endif()
