#include "base/embedded.h"

struct str embedded(const char *name)
{
    for (const struct embedded_file *file = embedded_files; file->name; file++) {
        if (strcmp(file->name, name) == 0)
            return (struct str){(const char *)file->data, file->size};
    }
    return STR_NONE;
}
