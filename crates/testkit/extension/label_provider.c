/*
 * A label provider that accepts every security label: there is none that comes along.
 *
 * Says by itself what the server's headers would say, so that it can be built for each of the
 * servers, whose headers are not at hand. If it said anything wrong, the server would refuse to
 * load it.
 */
typedef struct {
    int version, funcmaxargs, indexmaxkeys, namedatalen, float8byval;
#if MAJOR >= 15
    char abi_extra[32];
#endif
} abi;

static const struct {
    int len;
    abi fields;
#if MAJOR >= 18
    const char *name, *version;
#endif
} magic = {
    sizeof(magic),
    {MAJOR * 100, 100, 32, 64, 1,
#if MAJOR >= 15
     "PostgreSQL",
#endif
    },
#if MAJOR >= 18
    "nightshift_label", "1",
#endif
};

const void *Pg_magic_func(void) { return &magic; }

extern void register_label_provider(const char *, void (*)(const void *, const char *));

static void accept(const void *object, const char *label) { (void) object; (void) label; }

void _PG_init(void) {
    register_label_provider("nightshift", accept);
    register_label_provider("other \"provider", accept);
}
