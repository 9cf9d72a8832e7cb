import ZooKit

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.2
    id: TorchModel
    version: 1.1.0
    licence: Apache-2.0
    summary: Networks from PyTorch, as TorchScript files or AOTInductor packages
    authors: The STN Zoo authors
    """, [TorchArchitecture.self, TorchExtractor.self, PackageArchitecture.self])

@c(libTorchModel_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
