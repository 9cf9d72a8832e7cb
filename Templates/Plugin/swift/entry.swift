
// What the host reads from the file before it loads it: it must be one literal.
private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: {{NAME}}
    version: 0.1.0
    licence: Apache-2.0
    summary: {{SUMMARY}}
    authors: {{AUTHOR}}
    papers: {{PAPER}}
    """, [{{TYPE}}.self])

@c(lib{{NAME}}_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
