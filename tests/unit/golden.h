/* The files of schemas/golden, written by another Avro implementation (schemas/golden/make.py). */
#ifndef HOSO_TESTS_GOLDEN_H
#define HOSO_TESTS_GOLDEN_H

#include "base/str.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#define GOLDEN_DIR SOURCE_DIR "/schemas/golden"

/* The whole file in memory of exactly its size; data NULL when it is not there. Freed by the caller. */
static inline struct str read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return STR_NONE;
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(size ? size : 1);
    size_t got = data ? fread(data, 1, size, file) : 0;
    fclose(file);
    if (got == size)
        return (struct str){data, size};
    free(data);
    return STR_NONE;
}

/* The file beside the golden file `path` (NAME.json) with another ending. */
static inline struct str read_beside(const char *path, const char *ending)
{
    char other[512];
    struct str stem = {path, strlen(path) - strlen(".json")};
    snprintf(other, sizeof other, "%.*s%s", STR_ARG(stem), ending);
    return read_whole(other);
}

/* Paths of all NAME.json; released by globfree. Exits when there are none: nothing would be tested. */
static inline glob_t golden_files(void)
{
    glob_t found;
    if (glob(GOLDEN_DIR "/*.json", 0, NULL, &found) != 0) {
        fprintf(stderr, "no golden files in %s\n", GOLDEN_DIR);
        exit(1);
    }
    return found;
}

#endif
