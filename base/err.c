#include "base/err.h"

static const struct {
    const char *name;
    int exit_code;
    const char *text;
} errs[ERR_COUNT] = {
#define X(name, exit_code, text) {#name, exit_code, text},
    ERR_MAP(X)
#undef X
};

const char *err_name(enum err err)
{
    return (unsigned)err < ERR_COUNT ? errs[err].name : "?";
}

const char *err_text(enum err err)
{
    return (unsigned)err < ERR_COUNT ? errs[err].text : "an unknown failure";
}

int err_exit_code(enum err err)
{
    return (unsigned)err < ERR_COUNT ? errs[err].exit_code : 70;
}
