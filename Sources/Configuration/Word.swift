/// A choice between words; the raw values are what is written in the configuration.
public protocol Word: RawRepresentable<String>, CaseIterable, Sendable, Equatable {}
