"""How a page is read: what stands where on it, which of that is the article, and what it says of itself."""
