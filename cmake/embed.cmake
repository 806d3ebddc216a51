# hoso_embed(<output.c> <root> <file>...): the files as bytes in the table embedded_files, by their path below root.
function(hoso_embed output root)
  hoso_embed_as(embedded_files ${output} ${root} ${ARGN})
endfunction()
# hoso_embed_as(<table> ...): the same in another table. A text of a web page is there a second time as NAME.gz.
function(hoso_embed_as table output root)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_run.cmake)
  string(JOIN "|" list ${ARGN})
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D TABLE=${table} -D OUTPUT=${output} -D ROOT=${root} "-DFILES=${list}" -P ${script}
    DEPENDS ${ARGN} ${script}
    COMMENT "Embedding ${root}"
    VERBATIM)
endfunction()
