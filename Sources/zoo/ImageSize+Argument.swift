public import ArgumentParser
public import ZooManifest

extension ImageSize: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { description }
}
