"""The cellar: the database connection, its transactions and migrations."""
