public import ZooCore

/// Some fields of a recipe, which take the place of another's.
public struct RecipeChanges: Sendable {
    private let place: JSONPlace?

    /// Changes nothing.
    public init() { place = nil }

    init(_ place: JSONPlace) throws(HostError) {
        _ = try Recipe(place)
        self.place = place
    }

    public func applied(to recipe: Recipe) throws(HostError) -> Recipe {
        guard let place else { return recipe }
        return try Recipe(place, over: recipe)
    }
}
