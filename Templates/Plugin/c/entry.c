
/* ---- What the host reads and calls ---- */

static const char descriptor[] = ZOO_DESCRIPTOR("id: {{NAME}}\n"
                                                "version: 0.1.0\n"
                                                "licence: Apache-2.0\n"
                                                "summary: {{SUMMARY}}\n"
                                                "authors: {{AUTHOR}}\n"
                                                "papers: {{PAPER}}\n");

static const zoo_component_v1 *const components[] = {&component};
static const zoo_plugin_table_v1 table = {
    .magic = ZOO_MAGIC,
    .abi_major = ZOO_ABI_MAJOR,
    .abi_minor = ZOO_ABI_MINOR,
    .struct_size = sizeof table,
    .descriptor = descriptor,
    .components = components,
    .component_count = sizeof components / sizeof *components,
};

ZOO_EXPORT const zoo_plugin_table_v1 *lib{{NAME}}_LTX_zoo_plugin_v1(const zoo_host_v1 *given);
const zoo_plugin_table_v1 *lib{{NAME}}_LTX_zoo_plugin_v1(const zoo_host_v1 *given) {
  return attach(given) == ZOO_OK ? &table : NULL;
}
