/// A choice between words. The raw values are the words of the configuration.
public protocol Word: RawRepresentable<String>, CaseIterable, Sendable, Equatable {}
