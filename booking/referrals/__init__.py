"""Where referrals come in."""
