# Sets MIXNN_VERSION from git, as the tree is now: the tag and commit; RELEASE without git or in a
# tarball. With OUT, writes version.cpp there, and leaves a file that is right already as it is.
#   include(), or cmake -DSOURCE=DIR -DRELEASE=0.1.0 -DOUT=FILE -P version.cmake
set(MIXNN_VERSION ${RELEASE})
if(EXISTS ${SOURCE}/.git)
  execute_process(
    COMMAND git --no-optional-locks -C ${SOURCE} describe --tags --match v[0-9]* --dirty=.dirty
            --always --abbrev=10
    RESULT_VARIABLE failed OUTPUT_VARIABLE described ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT failed)
    if(described MATCHES "^v([0-9.]+)-([0-9]+)-(g[0-9a-f]+.*)$")  # commits after a tag
      set(MIXNN_VERSION "${CMAKE_MATCH_1}+${CMAKE_MATCH_2}.${CMAKE_MATCH_3}")
    elseif(described MATCHES "^v([0-9]+[.][0-9]+[.][0-9]+)(.*)$")  # a tag
      string(REPLACE ".dirty" "+dirty" described "${described}")
      string(SUBSTRING "${described}" 1 -1 MIXNN_VERSION)
    elseif(described MATCHES "^[0-9a-f]+([.]dirty)?$")  # no tag
      set(MIXNN_VERSION "${RELEASE}+g${described}")
    endif()
  endif()
endif()
if(OUT)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/version.cpp.in ${OUT} @ONLY)
endif()
