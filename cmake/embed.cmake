# hoso_embed(<output.c> <root> <file>...): the files as bytes in one table, by their path below root.
function(hoso_embed output root)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_run.cmake)
  string(JOIN "|" list ${ARGN})
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -D OUTPUT=${output} -D ROOT=${root} "-DFILES=${list}" -P ${script}
    DEPENDS ${ARGN} ${script}
    COMMENT "Embedding schemas and reference tables"
    VERBATIM)
endfunction()
