# cmake --install, and by cpack a package for Debian's nodes. Installed are the program, its man
# page, and in share/mixnn what a cluster's user submits jobs with, by Makefile.slurm.
include(GNUInstallDirs)
set(shared ${CMAKE_INSTALL_DATADIR}/mixnn)

install(TARGETS mixnn RUNTIME)
install(DIRECTORY models DESTINATION ${shared} FILES_MATCHING PATTERN *.json)
install(FILES Makefile.slurm DESTINATION ${shared})
install(FILES jobs/README.md jobs/lib.sh jobs/slurm.sh DESTINATION ${shared}/jobs)
install(PROGRAMS jobs/check.sh jobs/settings.sh jobs/train.sbatch jobs/baseline.sbatch
        jobs/scaling.sbatch DESTINATION ${shared}/jobs)
install(FILES bench/scaling.py bench/compare_report.py DESTINATION ${shared}/bench)
install(DIRECTORY tests/data/digits DESTINATION ${shared}/tests/data)  # what `make test` trains on

install(FILES README.md packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES CHANGELOG.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs
        FILES_MATCHING PATTERN *.md PATTERN *.svg)

# Compressed as Debian wants it; without a time, so that the same page gives the same bytes.
set(page ${PROJECT_SOURCE_DIR}/docs/mixnn.1)
find_program(GZIP_PROGRAM gzip)
if(EXISTS ${page} AND GZIP_PROGRAM)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
  execute_process(COMMAND ${GZIP_PROGRAM} -9nc ${page} OUTPUT_FILE ${PROJECT_BINARY_DIR}/mixnn.1.gz)
  install(FILES ${PROJECT_BINARY_DIR}/mixnn.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

set(MIXNN_MAINTAINER "MixNN maintainers <mixnn@example.invalid>" CACHE STRING
    "Whom the Debian package names as its maintainer")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME mixnn)
set(CPACK_PACKAGE_CONTACT ${MIXNN_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "\
MixNN trains a neural network whose stages live on different machines, so
that no machine but the owner's ever holds the whole model. Activations and
gradients travel as onion-encrypted cells through mix relays. The trained
parameters are bit for bit those of the same training in one process.

The package is the same for the owner's machine and for all nodes.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS openmpi-bin)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS openssh-client)  # by which mpirun reaches other hosts
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "dataset-fashion-mnist, slurm-client, make, python3")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/packaging/deb.cmake)
set(CPACK_MIXNN_VERSION_SOURCE ${version_source})
include(CPack)
