"""What a network is made of: activations, models, initializers, optimizers, weights by seed."""
