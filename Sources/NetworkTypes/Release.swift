/// The version of this source tree, which all programs print.
///
/// It stands here alone (`make lint` looks), in the one room that the libraries of all programs see.
package enum Release {
    package static let version = "0.1.0"
}
