"""How the sample's production traffic is made up: what is asked, what happens when, and how it is written down."""
