// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What a market may ask of a contract that holds works: the shared NinefoldToken or an artist's NinefoldSeries.
///
/// A work's `round` goes up by one whenever it is minted, moved or recalled. Offers are signed for a round, so
/// whatever happens to the work ends them: nobody can use an old offer on a work that left and came back.
interface INinefoldWorks {
    /// A work as its artist signed it. Bound: royaltyBps + resaleBps <= 5,000, the
    /// collection's counted where the work has none of its own.
    struct Birth {
        uint256 tokenId;
        /// sha-256 of its metadata; zero in a series whose folder holds it
        bytes32 digest;
        /// zero, with zero bps, for what the collection says
        address royaltyReceiver;
        uint16 royaltyBps;
        /// who gets resaleBps of every later sale at our market, as a donation
        address resaleBeneficiary;
        uint16 resaleBps;
        /// 0, or how often the artist has recalled the unminted work
        uint40 round;
    }

    /// What the artist asks of every later sale.
    struct ResaleTerms {
        address royaltyReceiver;
        uint16 royaltyBps;
        address beneficiary;
        uint16 resaleBps;
    }

    /// Whoever held a right over this work's open offers took them all back: they name an earlier round.
    event Recalled(uint256 indexed tokenId, uint40 round);

    /// Mints the work in the name of its artist and hands it to `buyer` at once: two Transfer. For a market that
    /// has asked for the artist's signature; who that may be is the collection's affair.
    function mintSold(Birth calldata birth, address buyer) external;

    /// transferFrom for a market: refuses when `round` is not the work's, and tells the artist's terms.
    function sell(address seller, address buyer, uint256 tokenId, uint40 round)
        external
        returns (ResaleTerms memory);

    /// Ends every offer that is open for a work: its owner asks, or before it is minted its artist.
    function recall(uint256 tokenId) external;

    function roundOf(uint256 tokenId) external view returns (uint40);

    function resaleTerms(uint256 tokenId) external view returns (ResaleTerms memory);

    function artistOf(uint256 tokenId) external pure returns (address);
}
