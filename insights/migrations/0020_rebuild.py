from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('insights', '0019_feed_look'),
    ]

    operations = [
        migrations.CreateModel(
            name='Rebuild',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('done', models.DateField(null=True)),
            ],
        ),
    ]
