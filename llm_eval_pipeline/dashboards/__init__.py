"""The dashboard: charts as data, and the one self-contained page that shows them."""
