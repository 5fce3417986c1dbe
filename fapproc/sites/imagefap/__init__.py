"""imagefap.com: pictures that its users keep as favorites, in folders."""
