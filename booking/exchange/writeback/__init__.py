"""Bookings and trusts: a partner books, a trust answers, and every trust hears of its own."""
