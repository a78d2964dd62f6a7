# Read by cpack as it begins: the package has the version of the program that was built last.
file(STRINGS ${CPACK_MIXNN_VERSION_SOURCE} line REGEX "\"mixnn .*\"")
string(REGEX REPLACE ".*\"mixnn (.*)\".*" "\\1" CPACK_PACKAGE_VERSION "${line}")
set(CPACK_DEBIAN_PACKAGE_VERSION ${CPACK_PACKAGE_VERSION})
