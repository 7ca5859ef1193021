"""What is kept of a customer beside its hot facts, as Structs: the groups' facts, one family a module.

They are the form in which facts are stored, and nothing else: what joins with them and what follows from them is said where
they are used. They stay in the interpreter, for compiled they would lose the keywords of their classes.
"""
