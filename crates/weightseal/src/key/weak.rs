//! RSA moduli that look fine and are not: checks that need only the public key and microseconds.

use num_bigint::BigUint;

use super::Weakness;

/// Below 2048 bits is within reach of well-funded attackers (NIST SP 800-131A); above 8192 a single
/// verification becomes a denial of service.
const BITS: std::ops::RangeInclusive<u64> = 2048..=8192;

/// The library that verifies takes no longer ones, like most others: verifying would cost as much as signing.
const MAX_EXPONENT_BITS: u64 = 33;

/// Steps of Fermat's method. Honest primes differ in their upper bits and need about 2^(bits/2 - 100).
const FERMAT_STEPS: u32 = 100;

/// The primes in which moduli of the broken generator leave their mark: residues that are powers of 65537
/// (Nemec et al., "The Return of Coppersmith's Attack", 2017). An honest modulus passes all by a chance of
/// about 2^-27.
const ROCA_PRIMES: [u32; 17] = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// Judges modulus and exponent, both big-endian.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "numbers without bounds (BigUint), and remainders of small primes; minuends are the larger ones"
)]
pub(super) fn judge_rsa(modulus: &[u8], exponent: &[u8]) -> Result<u64, Weakness> {
    let n = BigUint::from_bytes_be(modulus);
    let bits = n.bits();
    if !BITS.contains(&bits) {
        return Err(Weakness::ModulusSize(usize::try_from(bits).unwrap_or(usize::MAX)));
    }
    let e = BigUint::from_bytes_be(exponent);
    if !e.bit(0) || e < BigUint::from(3u8) || e.bits() > MAX_EXPONENT_BITS {
        return Err(Weakness::Exponent);
    }
    if let Some(prime) = small_primes().find(|prime| (&n % *prime) == BigUint::ZERO) {
        return Err(Weakness::SmallFactor(prime));
    }
    if ROCA_PRIMES.iter().all(|prime| is_power_of_65537(&n, *prime)) {
        return Err(Weakness::Roca);
    }
    if has_close_primes(&n) {
        return Err(Weakness::ClosePrimes);
    }
    Ok(bits)
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "numbers without bounds (BigUint), and remainders of small primes; minuends are the larger ones"
)]
fn small_primes() -> impl Iterator<Item = u32> {
    (2..752).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "numbers without bounds (BigUint), and remainders of small primes; minuends are the larger ones"
)]
fn is_power_of_65537(n: &BigUint, prime: u32) -> bool {
    let residue = residue(n, prime);
    let generator = 65537 % prime;
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * generator % prime;
        if power == 1 {
            return false;
        }
    }
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "numbers without bounds (BigUint), and remainders of small primes; minuends are the larger ones"
)]
fn residue(n: &BigUint, modulus: u32) -> u32 {
    // A remainder below a 32-bit number has at most one digit of 32 bits.
    (n % modulus).iter_u32_digits().next().unwrap_or(0)
}

/// Fermat: n = a² - b² with a just above the root of n, if the primes are close.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "numbers without bounds (BigUint), and remainders of small primes; minuends are the larger ones"
)]
fn has_close_primes(n: &BigUint) -> bool {
    let mut a = n.sqrt();
    if &a * &a == *n {
        return true;
    }
    a += 1u8;
    let mut difference = &a * &a - n;
    for _ in 0..FERMAT_STEPS {
        if is_square(&difference) {
            return true;
        }
        difference += &a * 2u8 + 1u8;
        a += 1u8;
    }
    false
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "numbers without bounds (BigUint), and remainders of small primes; minuends are the larger ones"
)]
fn is_square(n: &BigUint) -> bool {
    // Roots are dear; most numbers are no square modulo these already.
    let could_be = [64, 63, 65, 11, 17, 19, 23, 31].into_iter().all(|modulus| {
        let residue = residue(n, modulus);
        (0..modulus).any(|root| root * root % modulus == residue)
    });
    could_be && {
        let root = n.sqrt();
        &root * &root == *n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_recognised() {
        for n in 0..2_000u32 {
            let expected = (0..=n).take_while(|root| root * root <= n).any(|root| root * root == n);
            assert_eq!(is_square(&BigUint::from(n)), expected, "{n}");
        }
    }

    #[test]
    fn a_generator_reaches_its_own_powers_only() {
        // Modulo 11, 65537 is 10, whose powers are 1 and 10.
        let reached: Vec<u32> = (0..11).filter(|n| is_power_of_65537(&BigUint::from(*n), 11)).collect();
        assert_eq!(reached, [1, 10]);
    }

    #[test]
    fn neighbouring_primes_are_close() {
        // 2^89 - 1 and 2^107 - 1 are primes and far apart; 1000003 and 1000033 are near each other.
        assert!(has_close_primes(&BigUint::from(1_000_003u64 * 1_000_033)));
        let far = ((BigUint::from(1u8) << 89) - 1u8) * ((BigUint::from(1u8) << 107) - 1u8);
        assert!(!has_close_primes(&far));
    }

    #[test]
    fn sizes_and_exponents_are_judged_first() {
        let e = [1, 0, 1];
        assert_eq!(judge_rsa(&[0xff; 128], &e), Err(Weakness::ModulusSize(1024)));
        assert_eq!(judge_rsa(&[0xff; 1025], &e), Err(Weakness::ModulusSize(8200)));
        assert_eq!(judge_rsa(&[0xff; 256], &[1]), Err(Weakness::Exponent));
        assert_eq!(judge_rsa(&[0xff; 256], &[4]), Err(Weakness::Exponent));
        assert_eq!(judge_rsa(&[0xff; 256], &[2, 0, 0, 0, 1]), Err(Weakness::Exponent));
        assert_eq!(judge_rsa(&[0xfe; 256], &[1, 0xff, 0xff, 0xff, 0xff]), Err(Weakness::SmallFactor(2)));
        assert_eq!(judge_rsa(&[0xfe; 256], &e), Err(Weakness::SmallFactor(2)));
    }
}
