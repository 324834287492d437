# Writes style and script of the HTML report as one C file, with the digests by which
# the page's Content-Security-Policy knows them.
#
#   cmake -DCSS=report.css -DJS=report.js -DOUT=html_assets.c -P embed_html.cmake
set(text "/* Written by cmake/embed_html.cmake. */
#include \"report/html_assets.h\"
")
foreach(kind css js)
  string(TOUPPER ${kind} file)
  file(READ ${${file}} bytes HEX)
  file(SHA256 ${${file}} digest)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " digest "${digest}")
  string(REGEX REPLACE "(................................)" "\\1\n\t" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " bytes "${bytes}")
  string(APPEND text "
static const char ${kind}[] = {
	${bytes}0
};
const struct html_asset html_${kind} = { ${kind}, sizeof ${kind} - 1,
	{ ${digest} } };
")
endforeach()
file(WRITE ${OUT} "${text}")
