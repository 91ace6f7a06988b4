// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// One payee's part of a sale, in basis points of the price.
struct Share {
    address account;
    uint16 bps;
}

/// The sum of a sale, worked out and nothing else: no storage, no payment.
///
/// Every part is floor(price * bps / 10,000). What the floors leave over, at most one wei per part, goes to
/// shares[0], so the donation and the amounts add up to the price exactly.
/// Bound: price <= 2^128 - 1 and bps <= 65,535, so price * bps < 2^144 and nothing overflows.
library Split {
    uint256 internal constant WHOLE_BPS = 10_000;
    uint256 internal constant MOST_SHARES = 8;

    error BadShares();

    /// Refuses any division that is not 1 to 8 distinct accounts and a donation making 10,000 bps together, with
    /// something for shares[0]. Hence the donation can be at most 9,999 bps.
    function check(uint16 donationBps, Share[] calldata shares) internal pure {
        uint256 count = shares.length;
        if (count == 0 || count > MOST_SHARES || shares[0].bps == 0) revert BadShares();
        uint256 sum = donationBps;
        unchecked {
            // At most nine numbers of 16 bits.
            for (uint256 i; i < count; ++i) {
                Share calldata one = shares[i];
                address account = one.account;
                sum += one.bps;
                for (uint256 j; j < i; ++j) {
                    if (account == shares[j].account) revert BadShares();
                }
            }
        }
        if (sum != WHOLE_BPS) revert BadShares();
    }

    function part(uint256 price, uint256 bps) internal pure returns (uint256) {
        unchecked {
            return price * bps / WHOLE_BPS;
        }
    }

    /// The donation and the first share's amount, which takes the remainder; the others get their `part`. Call only
    /// on shares that `check` has passed.
    function parts(uint256 price, uint256 donationBps, Share[] calldata shares)
        internal
        pure
        returns (uint256 donation, uint256 first)
    {
        donation = part(price, donationBps);
        first = price - donation;
        unchecked {
            // The parts' basis points are 10,000 together, so the floors are at most the price.
            for (uint256 i = 1; i < shares.length; ++i) {
                first -= part(price, shares[i].bps);
            }
        }
    }
}
