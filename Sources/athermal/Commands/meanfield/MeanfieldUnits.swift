import Configuration

/// Units of the mean-field model: σ_c, τ and σ_c/G₀, in which its equations are written.
struct MeanfieldUnits {
  let stress: Double
  let time: Double
  let strain: Double
  var rate: Double { strain / time }
  var diffusion: Double { stress * stress / time }

  init(_ section: MeanfieldSection) {
    stress = section.localYieldStress
    time = section.relaxationTime
    strain = section.localYieldStress / section.modulus
  }
}
