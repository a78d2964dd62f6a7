# cmake -DFILE=report.json -DKEYS=mixnn,cells [-DVALUE=...] [-DSHOW=ON] -P json_value.cmake
# Fails unless the file has the value, and unless it is VALUE if that is given; prints it with SHOW.
file(READ ${FILE} text)
string(REPLACE "," ";" keys "${KEYS}")
string(JSON found ERROR_VARIABLE error GET "${text}" ${keys})
if(error)
  message(FATAL_ERROR "${KEYS}: ${error}")
endif()
if(NOT "${VALUE}" STREQUAL "" AND NOT found STREQUAL VALUE)
  message(FATAL_ERROR "${KEYS} is ${found}, not ${VALUE}")
endif()
if(SHOW)
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${found}")
endif()
