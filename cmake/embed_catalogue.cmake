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
# For reports of runs that do not read the catalogue; its own parser checks the file.
file(STRINGS ${YAML} index LIMIT_COUNT 20)
string(REGEX MATCH "version: \"([0-9.]+)\"" ignored "${index}")
set(version "${CMAKE_MATCH_1}")
string(REGEX MATCH "date: ([0-9-]+)" ignored "${index}")
set(date "${CMAKE_MATCH_1}")
if(NOT version OR NOT date)
  message(FATAL_ERROR "the catalogue's first lines lack version or date")
endif()
file(READ ${YAML} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n\t" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " bytes "${bytes}")
file(WRITE ${OUT} "/* Written by cmake/embed_catalogue.cmake. */
#include \"checks/plan/catalogue_data.h\"

const unsigned char catalogue_data[] = {
	${bytes}
};
const size_t catalogue_data_len = sizeof catalogue_data;
const char catalogue_data_version[] = \"${version}\";
const char catalogue_data_date[] = \"${date}\";
const char catalogue_data_sha256[65] = \"${sha256}\";
")
