"""What stands between spider and network: guard, robots, proxy, validators, recorder, manners (crawlers.settings)."""
