//! Ed25519 points that must not count (RFC 8032, section 5.1.7; Chalkias et al., "Taming the many EdDSAs").
//!
//! A public key of small order makes signatures that fit every message; a point written in two ways makes
//! two signatures out of one. The library below follows RFC 8032 and lets some of these pass.

use num_bigint::BigUint;

/// p = 2^255 - 19, little-endian.
const P: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};

/// The y coordinates, little-endian, of the points whose order divides 8: those of order 8 (two), 1, 2, 4.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    {
        let mut minus_one = P;
        minus_one[0] -= 1;
        minus_one
    },
    [0; 32],
];

/// Whether y, as written, is that of a point on the curve: x² = (y² - 1) / (d·y² + 1) has a root modulo p. The
/// library finds out only when it verifies, where it would look like a bad signature.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "numbers without bounds (BigUint), and minuends are the larger ones"
)]
pub(super) fn is_on_curve(bytes: &[u8; 32]) -> bool {
    let p = BigUint::from_bytes_le(&P);
    let mut y = *bytes;
    y[31] &= 0x7f;
    let y2 = BigUint::from_bytes_le(&y).modpow(&BigUint::from(2u8), &p);
    // d = -121665 / 121666 (RFC 8032, section 5.1); multiplied out: x² = (y² - 1)·121666 / (121666 - 121665·y²)
    let numerator = (&y2 + &p - 1u8) * 121_666u32 % &p;
    let denominator = (BigUint::from(121_666u32) + (&p - y2) * 121_665u32) % &p;
    // A quotient is a square exactly if the product is; Euler's criterion tells.
    let product = numerator * denominator % &p;
    let power = product.modpow(&((&p - 1u8) >> 1), &p);
    power <= BigUint::from(1u8)
}

/// Whether 32 bytes are a canonically written point that is not of small order, if they are a point at all.
pub(super) fn is_proper_point(bytes: &[u8; 32]) -> bool {
    let mut y = *bytes;
    y[31] &= 0x7f; // the top bit is the sign of x
    // y < p, compared from the most significant byte
    let canonical = y.iter().rev().lt(P.iter().rev());
    canonical && !SMALL_ORDER_Y.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_non_canonical_points_are_found() {
        for mut point in SMALL_ORDER_Y {
            assert!(!is_proper_point(&point));
            point[31] |= 0x80;
            assert!(!is_proper_point(&point));
        }
        let mut above = P;
        assert!(!is_proper_point(&above));
        above[0] += 1;
        assert!(!is_proper_point(&above));
        // The base point: y = 4/5.
        let mut base = [0x66; 32];
        base[0] = 0x58;
        assert!(is_proper_point(&base) && is_on_curve(&base));
        // About half of all y belong to no point; 2 is the smallest.
        let mut two = [0; 32];
        two[0] = 2;
        assert!(is_proper_point(&two) && !is_on_curve(&two));
        assert!(SMALL_ORDER_Y.iter().all(is_on_curve));
    }
}
