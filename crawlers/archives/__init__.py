"""What web archives, indexes and sitemaps hold of days past: questions, answers, and the turns that ask them."""
