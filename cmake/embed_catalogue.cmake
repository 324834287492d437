# Concatenates the files of the catalogue and writes them as one C file.
#
#   cmake -DFILES=a.yaml,b.yaml -DYAML=catalogue.yaml -DOUT=data.c -P embed_catalogue.cmake
#
# The digest is that of the concatenation, so `cat FILES | sha256sum` gives it too.
string(REPLACE "," ";" files "${FILES}")
execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${files}
  OUTPUT_FILE ${YAML} RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "cannot read the catalogue: ${files}")
endif()
file(SHA256 ${YAML} sha256)
file(READ ${YAML} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n\t" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " bytes "${bytes}")
file(WRITE ${OUT} "/* Written by cmake/embed_catalogue.cmake. */
#include \"checks/catalogue_data.h\"

const unsigned char catalogue_data[] = {
	${bytes}
};
const size_t catalogue_data_len = sizeof catalogue_data;
const char catalogue_data_sha256[65] = \"${sha256}\";
")
