"""The pages about money: for finance, and for freelancers about their own."""
